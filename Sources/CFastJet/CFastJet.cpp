#include "CFastJet.h"
