"""Reports of Cellebrite's programs: models of chats, people and calls in one XML file, for any app."""
