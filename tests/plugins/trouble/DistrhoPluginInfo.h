#define DISTRHO_PLUGIN_BRAND "Mixengine Tests"
#define DISTRHO_PLUGIN_NAME "Test Trouble"
#define DISTRHO_PLUGIN_URI "urn:mixengine:test-trouble"
#define DISTRHO_PLUGIN_CLAP_ID "mixengine.test-trouble"
#define DISTRHO_PLUGIN_BRAND_ID MxTs
#define DISTRHO_PLUGIN_UNIQUE_ID TTro
#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_NUM_INPUTS 2
#define DISTRHO_PLUGIN_NUM_OUTPUTS 2
