"""What documents are made of: the pictures and files that lie inside them."""
