"""Where people live inside zones: output areas, postcodes, schools, practices."""
