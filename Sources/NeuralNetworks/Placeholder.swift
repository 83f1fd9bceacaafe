// Placeholder until the first code of this module lands.
