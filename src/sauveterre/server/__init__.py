"""The one place that reads the environment: settings, addresses, and how a workspace is brought up."""
