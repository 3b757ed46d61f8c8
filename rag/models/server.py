"""Turns chat messages into a stream of text with any OpenAI-compatible model server."""
