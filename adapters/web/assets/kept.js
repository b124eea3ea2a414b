/**
 * Words that outlive a reload of this tab, and nothing longer: they aren't encrypted here.
 * A storage that is full or forbidden only means that a reload forgets.
 */
export function kept(key) {
  return {
    read() {
      try {
        return sessionStorage.getItem(key) ?? "";
      } catch {
        return "";
      }
    },
    /** From now on these words stand under another name. */
    moveTo(newKey) {
      const text = this.read();
      this.write("");
      key = newKey;
      this.write(text);
    },
    write(text) {
      try {
        if (text === "") sessionStorage.removeItem(key);
        else sessionStorage.setItem(key, text);
      } catch {
        // See above.
      }
    },
  };
}
