/** For models without a template of their own: a talk as texts write it down, which such a model goes on with. */
export const plainChatTemplate = "{% for message in messages %}" +
  "{% if message.role == 'system' %}{{ message.content + '\\n\\n' }}" +
  "{% elif message.role == 'user' %}{{ 'User: ' + message.content + '\\n' }}" +
  "{% else %}{{ 'Assistant: ' + message.content + '\\n' }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}";

/** Where such an answer ends: the model would go on with what the person says next. */
export const plainStop = "\nUser:";
