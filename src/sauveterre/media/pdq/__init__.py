"""PDQ, the 256-bit perceptual hash of a picture with a quality from 0 to 100.

Source: the description and reference code of PDQ in facebook/ThreatExchange. Two pictures are near when at most
31 bits differ; a hash of quality below 50 says too little to be matched. Two ways give the same numbers: the
reference way runs its filters sample by sample and is exact to the bit; the fast way folds them into one linear
operator, which also serves pictures that were decoded at a fraction of their size.
"""
