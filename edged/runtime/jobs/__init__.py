"""Whole recordings for network front ends: recognized beside the microphone, in processes of their own."""
