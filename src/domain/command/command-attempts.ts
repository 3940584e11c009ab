/** How often a command is tried: its worker may die, or the forge or the model be away for a minute. */
export const maxCommandAttempts = 5;
