"""From news to a digest, and from a digest to what is sent: compose, render, inline."""
