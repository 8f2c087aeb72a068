"""One module per page or family of pages. Views read the request, call a verb, and render."""
