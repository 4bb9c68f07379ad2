"""Making small encoders from a pretrained teacher and plain text."""
