"""Who was in which group, with which role, who brought what, and who may be the same person.

Pure functions from records to findings. Every finding says why, and cites the rows that it rests on.
"""
