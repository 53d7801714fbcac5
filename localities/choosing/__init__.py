"""Which drawing to take: whom each reaches, how two differ, how current plan areas fare."""
