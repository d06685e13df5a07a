"""Hash lists, exact and near hits, and stacks: files compared with files, never pictures judged."""
