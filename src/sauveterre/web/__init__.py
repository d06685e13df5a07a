"""The pages: what an officer sees and enters. Reaches the core through ``casework`` only."""
