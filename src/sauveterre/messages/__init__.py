"""Message stores: who wrote what to whom, in which group, with which role, and who changed it when."""
