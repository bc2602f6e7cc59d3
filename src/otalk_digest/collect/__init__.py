"""From the blog's feed to what it means: fetch, parse, clean, extract, follow."""
