"""What we look for: signatures (text to facts) and rules (facts to causes), as YAML. No code."""
