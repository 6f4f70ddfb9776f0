"""The store in PostgreSQL, from 15 on, which several nodes share: through asyncpg (extra ``postgres``)."""
