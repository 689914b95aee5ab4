"""One named test for each security requirement; docs/security.md says which."""
