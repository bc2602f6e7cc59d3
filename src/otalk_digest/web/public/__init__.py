"""The public web app: for readers, their mail programs and the provider."""
