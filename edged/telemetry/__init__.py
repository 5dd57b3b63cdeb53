"""What the machine says of itself: clocks, temperatures, memory, power; and where edged says it again."""
