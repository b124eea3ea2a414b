// Asks the host as often as its first byte says, for kv's {"op":"get","key":"k"}, and gives back the last answer.
#define CB_NO_EXECUTE
#include "clawdbot/clawdbot.h"

CB_TOOLS("{\"tools\":[{\"name\":\"ask\",\"description\":\"Asks the host\",\"parameters\":{\"type\":\"object\"}}]}")

__attribute__((export_name("execute"))) int32_t execute(void) {
  cb_forget();
  cb_text answer = {0};
  for (int left = (uint8_t)cb_input().at[0]; left > 0; left--)
    answer = cb_take(cb_host_kv(cb_lend(CB("{\"op\":\"get\",\"key\":\"k\"}"))));
  cb_output(answer);
  return 0;
}
