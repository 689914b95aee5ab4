"""What is served over HTTP: thin blueprints that know Flask, so that nothing below them has to."""
