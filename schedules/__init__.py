"""What happens because of the time: no Flask, no channels, no scheduler. bot's engine calls Ticker.tick()."""
