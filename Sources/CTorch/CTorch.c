/* CTorch is loaded at run time: this target carries only its header. */
#include "CTorch.h"
