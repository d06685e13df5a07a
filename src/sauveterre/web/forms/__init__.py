"""What officers enter. Forms check shape; the services check sense."""
