"""Sauveterre: from a referral about one person to the joint action."""
