"""What the bot understands and answers: plain functions, no Flask, no HTTP."""
