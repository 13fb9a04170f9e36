"""The memory: what was frozen, tried and proved. The only room that speaks SQL."""
