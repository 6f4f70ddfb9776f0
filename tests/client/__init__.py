"""The client for programs that ask the API."""
