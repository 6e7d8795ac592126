"""What two or more renderers share: warping, rasterising, the inside of the mouth."""
