"""The only room that knows the API: payload, client, answers, pacing, sandbox."""
