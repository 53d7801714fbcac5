"""Pages in a real browser: `make browser-check`. Not among the tests, which need no browser."""
