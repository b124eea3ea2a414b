// Gives back what it is called with.
#define CB_NO_EXECUTE
#include "clawdbot/clawdbot.h"

CB_TOOLS("{\"tools\":[{\"name\":\"echo\",\"description\":\"Gives back what it is called with\",\"parameters\":{\"type\":\"object\"}}]}")

__attribute__((export_name("execute"))) int32_t execute(void) {
  cb_forget();
  cb_output(cb_input());
  return 0;
}
