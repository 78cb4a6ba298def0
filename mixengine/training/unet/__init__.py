"""Speech enhancement: a mel-mask U-Net of our own, its training and its evaluation."""
