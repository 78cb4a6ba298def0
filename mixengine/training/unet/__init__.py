"""Training of mixengine's speech enhancement network, a U-Net that masks mel bands."""
