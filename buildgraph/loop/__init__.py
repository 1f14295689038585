"""The loop of `watch`: hears which files change, and has one turn after another look at what that affects."""
