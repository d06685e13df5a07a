"""Referrals: what comes in from outside, read whole. Start at ``reading.read_referral``."""
