"""Ways to people: each channel verifies and decodes what comes in, and sends what goes out. None knows another."""
