"""What engineers and operators run beside the functions; never staged into them."""
