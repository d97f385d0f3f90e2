-- Health counts what is held each quarter of a minute, and `close_when_looked_at` asks for one item.
CREATE INDEX prompts_held ON prompts (board, id) WHERE state = 'held';
