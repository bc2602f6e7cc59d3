"""The ways to send: a folder, an SMTP server, SendGrid."""
