"""What we tell people: causes, facts and questions, providers, platforms, codes, report templates. No code."""
