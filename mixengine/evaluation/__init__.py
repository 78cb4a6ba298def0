"""How good an enhancer is: mixtures, measures and a page about them."""
