"""What disk images are made of: media read at random, and the layers inside them."""
