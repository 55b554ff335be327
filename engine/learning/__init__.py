"""What confirmed outcomes teach a site, on top of the authored knowledge."""
