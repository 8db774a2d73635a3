"""The OpenAI-compatible face and its hot path: who asks, what it may cost, which replica, what it did cost."""
