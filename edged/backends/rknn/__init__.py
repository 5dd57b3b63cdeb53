"""Wake-word heads on the NPU, through Rockchip's RKNN."""
