"""infraplan: plan 5G and NB-IoT infrastructure against coverage goals."""

__version__ = "0.1.0"
